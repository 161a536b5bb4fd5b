"""The lists of OGM-GE (Peng et al., CVPR 2022), by which the field divides CREMA-D and Kinetics-Sounds."""

LISTS = (
    "https://raw.githubusercontent.com/GeWu-Lab/OGM-GE_CVPR2022/343dc1d95c9bda88f105c0da8d24f185e0e98b54/data"
)
"""The folder of the lists in its code, at one commit."""

VAL_SHARE = 0.1
"""Of the training part, held out for validation, for which there is no list."""
