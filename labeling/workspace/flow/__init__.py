"""Articles in batches -> rows made of them: one dataframe flow, here or on Ray; a killed run is taken up again."""
