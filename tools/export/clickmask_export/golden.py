"""Makes the golden files of packages/core/test/published: what the authors' predictors answer around a toy network.

python -m clickmask_export.golden isegm|mst|adaptiveclick|fcanet|sam|sam2|segnext --code CHECKOUT

Everything around the network is the authors' own code, run as it is: zoom-in, flip, cascade, click maps, thresholds,
simulated clicks. Written are small samples of its answers, and the toy networks themselves.
"""

import argparse

from . import golden_encoders, golden_focal, golden_isegm

MAKERS = {**golden_isegm.MAKERS, **golden_encoders.MAKERS, **golden_focal.MAKERS}


def main():
    parse = argparse.ArgumentParser()
    parse.add_argument("which", choices=sorted(MAKERS))
    parse.add_argument("--code", required=True)
    arguments = parse.parse_args()
    MAKERS[arguments.which](arguments.code)


if __name__ == "__main__":
    main()
