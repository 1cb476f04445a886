"""The notice of Art. 13 and 14: composed from register and data maps, checked, published, told apart."""
