"""A notice from its draft to its first use: approved by an officer, published from a day, told to everybody."""
