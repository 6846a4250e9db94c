point-provider-is-point = Points cannot be charged with points: choose another way to pay.
point-charge-unavailable = Points cannot be charged this way at the moment: choose another.
point-key-reused = This idempotency key was used for another charge: make a new key.
point-charge-too-small = A charge is at least { $min } won.
point-charge-too-large = A charge is at most { $max } won: charge less at once.
point-balance-too-high = The balance is { $balance } won and may reach { $max } won: charge less.
