"""What all tests have in common, fixed before any data were seen."""

ALPHA = 0.05
"""Level of every test; intervals have the confidence 1 - ALPHA."""

RESAMPLES = 9999
"""Draws of a bootstrap or Monte Carlo test; up to 13 seeds all 2^n sign flips or subsets are enumerated."""

MINIMUM = 6
"""Fewest pairs with which a two-sided sign-flip test can reject at ALPHA: 2 / 2^n < ALPHA."""

POWER = 0.8
"""Chance with which the smallest difference that seeds are said to find is found."""

LEAST = 4
"""Fewest independent data sets over which claims are pooled."""

TEST = "two-sided paired sign-flip permutation test over {}, Holm's correction"
"""What its braces hold are seeds or folds."""

SETTINGS = {
    "alpha": ALPHA,
    "resamples": RESAMPLES,
    "test": TEST,
    "interval": "of the mean difference: all that the sign-flip test, uncorrected, does not reject",
    "detectable": f"found with a chance of {POWER:g} at Holm's first step, given the differences' deviation",
    "total": "the error of a difference in accuracy over seeds and test samples, or groups of these, "
    "together: components of variance of the table of both, Student's t on one degree of freedom less than "
    "there are of the fewer (Cameron, Gelbach & Miller, 2011); samples_se is what no number of seeds changes",
}
"""The same for who reads the numbers."""

CLAIM_SETTINGS = {
    "equality": "the larger of two one-sided sign-flip p-values against ± the experiment's smallest_effect, "
    "Holm's correction in a family of its own",
    "pooled": "the unweighted mean of the data sets' effects, Student's t on k - 1 degrees of freedom, "
    "Holm's correction over the pooled claims of an experiment; equality by two one-sided t tests",
}
"""What verdicts on claims are by, beside that."""

PERMUTATION, WELCH, PAIRED = "permutation", "Welch", "paired"
SAMPLES = {
    PERMUTATION: "exact permutation test of the difference of means (Pitman, 1937), whose interval holds the "
    "shifts that it does not reject",
    WELCH: "Welch's t (1947) and its interval",
    PAIRED: "paired sign-flip test over the seeds that both have, whose interval holds the differences that "
    "it does not reject",
}
"""Tests of numbers from elsewhere, by what sizes and seeds allow."""
