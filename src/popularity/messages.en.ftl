popularity-days-out-of-range = `days` must be between 1 and { $max }.
popularity-first-out-of-range = `first` must be between 1 and { $max }.
