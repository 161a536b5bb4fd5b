"""Tables in LaTeX, Markdown and HTML."""
