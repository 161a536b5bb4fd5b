"""What the document's LaTeX begins with."""

FONTS = {
    "pdflatex": r"""\usepackage[T1]{fontenc}
\IfFileExists{lmodern.sty}{\usepackage{lmodern}}{}
\pdfinfoomitdate=1 \pdftrailerid{} \pdfsuppressptexinfo=-1
""",
    "xelatex": r"""\usepackage{fontspec}
\setmainfont{DejaVuSans}[Extension=.ttf,Scale=0.85,BoldFont=*-Bold,ItalicFont=*,ItalicFeatures={FakeSlant=0.2},Ligatures=TeXOff]
\special{pdf:trailerid [<00000000000000000000000000000000> <00000000000000000000000000000000>]}
""",
}
"""What sets the document's letters, by the program that compiles it, and keeps dates and names out of it."""

PREAMBLE = r"""\usepackage[a4paper,margin=17mm]{geometry}
\usepackage{amssymb,booktabs,caption,color,float,graphicx,longtable}
\usepackage[colorlinks,allcolors=linked,bookmarksnumbered]{hyperref}
\definecolor{linked}{rgb}{0,0.25,0.5}
\floatplacement{figure}{htbp}
\captionsetup{font=small,labelformat=empty}
\setcounter{tocdepth}{2}
\setcounter{topnumber}{4}\setcounter{bottomnumber}{4}\setcounter{totalnumber}{6}
\renewcommand{\topfraction}{0.95}\renewcommand{\bottomfraction}{0.95}
\renewcommand{\textfraction}{0.05}\renewcommand{\floatpagefraction}{0.7}
\setlength{\emergencystretch}{3em}
\raggedbottom
\tracinglostchars=3
\newsavebox{\fitbox}
\newcommand{\fitted}[1]{\sbox{\fitbox}{#1}\ifdim\wd\fitbox>\linewidth
  \resizebox{\linewidth}{!}{\usebox{\fitbox}}\else\usebox{\fitbox}\fi}
\newenvironment{unbroken}{\par\addvspace{1.5ex}\noindent\begin{minipage}{\linewidth}\centering}
  {\end{minipage}\par\addvspace{1.5ex}}
\newcommand{\room}[1]{\par\ifdim\dimexpr\pagegoal-\pagetotal\relax<#1\relax\ifdim\pagetotal>0pt\relax\newpage\fi\fi}
\newcommand{\tablenote}[1]{{\footnotesize\noindent\parbox{\linewidth}{\strut#1\strut}\par}}
\newcommand{\drawing}[3][0.45]{\begin{figure}\centering\sbox{\fitbox}{\includegraphics{#2}}%
  \ifdim\ht\fitbox>#1\textheight\relax
    \resizebox{!}{#1\textheight}{\usebox{\fitbox}}\else\fitted{\usebox{\fitbox}}\fi
  \caption{#3}\end{figure}}
\input{numbers}
\author{inforeg}
\date{}
"""

REPLICATED = r"""Claims of Huang, Wei, Yang and Hu (Adaptive Unimodal Regulation for Balanced Multimodal
Information Acquisition, CVPR 2025), and others on their method,"""
"""Whose claims a document tests that has what the paper prints beside them."""
