"""The page that shows how good a model is: figures, plots, its worst mistakes as pictures."""
