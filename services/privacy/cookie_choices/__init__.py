"""What visitors let websites store on and read from their devices (PKE art. 399, 400)."""
