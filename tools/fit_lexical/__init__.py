"""How was the offline judge `lexical` fitted, and how well does it do?

`python -m tools.fit_lexical CHECKOUT` follows a `recipe`: it reads recorded captions and verdicts
from a checkout of the official repository (`recorded`), adds texts whose level is known without a
judge (`made_texts`), turns pairs into numbers (`measuring`), fits the model (`fitting`), measures
it on systems and videos that it was not fitted to (`validation`), and writes the coefficients, the
calibration report and its `page`. The same inputs and the same versions of NumPy, SciPy and
scikit-learn give the same bytes.
"""
