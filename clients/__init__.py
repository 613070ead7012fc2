"""HTTP out: the only room that imports requests, named in the words of the two vendors."""
