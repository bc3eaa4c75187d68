// Stub of the seam between codecs and columns; written by the decode driver's author.
