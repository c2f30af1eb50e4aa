"""Which licence statements of the training items leave rights clear enough for a model that ships.

Every statement that occurs in ``items.json`` is listed here by hand. A statement that is not listed
is an error, never a guess: whoever adds data decides where it belongs.

CLEAR means that a licence which permits derived works is stated and covers the photographs as well as
the annotations, as far as the publisher says. NOTED is CLEAR with a remark that limits how sure that is
(it has to appear in the model card). UNCLEAR means that the licence, or the origin of the photographs,
is not stated.
"""

from __future__ import annotations

from enum import StrEnum


class Rights(StrEnum):
    """How clear the rights in an item are."""

    CLEAR = "clear"
    NOTED = "noted"
    UNCLEAR = "unclear"


RIGHTS: dict[str, Rights] = {
    "CC0": Rights.CLEAR,
    "Public Domain": Rights.CLEAR,
    "CC BY 4.0": Rights.CLEAR,
    "CC BY-SA 4.0": Rights.CLEAR,
    "MIT": Rights.CLEAR,
    # The photographs' own licences are named, and each of them permits derived works.
    "annotations CC BY 4.0; photos CC BY 2.0 / CC BY-SA 2.0 / no known restrictions / US Gov only": Rights.CLEAR,
    # Named too, but only inferred from the file names.
    "CC BY 4.0 (Roboflow export); photos by file name from Open Images (CC BY 2.0)": Rights.NOTED,
    # The licence stands in the data set's own description, which comes with annotations and photographs.
    "CC BY 4.0 (Roboflow export)": Rights.CLEAR,
    "photos CC BY 2.0 (Flickr, Open Images), masks CC BY 4.0 (Google, Open Images); the repository states none": Rights.NOTED,
    # Renders: the models' licences, and those of the grounds and skies.
    "own renders of MIT-0 models (LICENSE: Amazon, MIT No Attribution); skies CC0 (Poly Haven, via pmndrs/market-assets)": Rights.CLEAR,
    "own renders of MIT-0 models (AWS RoboMaker worlds); grounds CC0 (ambientCG) or CC BY 3.0 (osrf/gazebo_models), "
    "skies CC0 (Poly Haven)": Rights.CLEAR,
    "own renders of models: osrf/gazebo_models CC BY 3.0, AWS RoboMaker MIT-0; grounds and skies CC0 (ambientCG, Poly Haven)": Rights.NOTED,
    "own render; models CC0 and CC BY 4.0, see credits-rend.tsv": Rights.NOTED,
    "MIT (repo LICENSE is the one of Keras; photographs presumably the author's)": Rights.NOTED,
    # Cut-outs on photographs of the other items: both licences hold.
    **{
        f"MIT (Fluent Emoji by Microsoft) on a background: {background}": rights
        for background, rights in (
            ("CC BY-SA 4.0", Rights.CLEAR),
            ("Public Domain", Rights.CLEAR),
            ("CC BY 4.0", Rights.CLEAR),
            (
                "annotations CC BY 4.0; photos CC BY 2.0 / CC BY-SA 2.0 / no known restrictions / US Gov only",
                Rights.CLEAR,
            ),
            ("Apache-2.0 (annotations and photos as published)", Rights.NOTED),
        )
    },
    # The publisher puts annotations and photographs under the licence but did not take the photographs.
    "Apache-2.0 (annotations and photos as published)": Rights.NOTED,
    # The licence is the repository's; nothing is said about the photographs.
    "MIT (repo)": Rights.UNCLEAR,
    "MIT (repo; photos: UCI rice leaf diseases)": Rights.UNCLEAR,
    "MIT (repo; photo origin not stated)": Rights.UNCLEAR,
    "MIT (repo; photos from Google image search, own rights not stated)": Rights.UNCLEAR,
    "MIT (repo LICENSE is the one of its Mask R-CNN fork; photo origin not stated)": Rights.UNCLEAR,
    "CC0 (Humans in the Loop, from memory; the repo itself states none)": Rights.UNCLEAR,
    "none stated": Rights.UNCLEAR,
    "none stated (VOC/Flickr)": Rights.UNCLEAR,
}

LICENCE_FILTERS: dict[str, frozenset[Rights]] = {
    "strict": frozenset({Rights.CLEAR}),
    "clear": frozenset({Rights.CLEAR, Rights.NOTED}),
    "all": frozenset(Rights),
}
"""Values of ``--licences``. ``clear`` is the default; ``all`` is for research models only."""


def rights_of(statement: str) -> Rights:
    """Classify a licence statement; raises ``ValueError`` for one that the table does not hold."""
    try:
        return RIGHTS[statement]
    except KeyError:
        raise ValueError(
            f"licence statement {statement!r} is not classified; decide on it and add it to licences.py"
        ) from None
