"""A participant as small as one can be: the kit's promises are tested on it."""
