"""Proof that a reported fix is real: same place, problem gone, photo genuine.

The one part of ``issues`` that looks at pixels, through ``detect``'s functions::

    verification = verify(evidence, after, engine, older, now=now)
    verification.verdict, verification.reasons

``judge`` decides; ``filing`` reads an issue's evidence from a store and writes the answer to its
history; ``keeping`` keeps the fingerprints by which a photo that was used before is found again.
"""

from issues.verify.verification import Reason, Scores, Verification, VerificationRow

__all__ = ["Reason", "Scores", "Verification", "VerificationRow"]
