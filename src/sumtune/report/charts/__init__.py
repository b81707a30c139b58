"""Charts as SVG text. Colours come from the style sheet of the page, so that they follow light, dark and print."""
