"""Pictures in: from files, from arrays and from the samples, always in the numbers that they were stored in."""

from explorer.model.pictures.arrays import from_array
from explorer.model.pictures.batch import Common, Rule, brought, change_of, common, equalised, stacked
from explorer.model.pictures.opening import describe, descriptions, files_of, open_picture, open_pictures
from explorer.model.pictures.picture import Picture
from explorer.model.pictures.samples import sample, samples

__all__ = [
    "Common",
    "Picture",
    "Rule",
    "brought",
    "change_of",
    "common",
    "describe",
    "descriptions",
    "equalised",
    "files_of",
    "from_array",
    "open_picture",
    "open_pictures",
    "sample",
    "samples",
    "stacked",
]
