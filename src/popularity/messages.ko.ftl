popularity-days-out-of-range = `days` 값은 1부터 { $max }까지 보낼 수 있어요.
popularity-first-out-of-range = `first` 값은 1부터 { $max }까지 보낼 수 있어요.
