"""The record of processing of Art. 30(1) and 30(2), from the same register and data maps as the notice."""
