# Why a coupon cannot be used, or registered.
coupon-code-unknown = There is no coupon with this code: compare it with the original.
coupon-not-found = You have no such coupon.
coupon-foreign = This coupon is for another store's products: choose another coupon, or order there.
coupon-expired = This coupon has expired.
coupon-used = Another order of yours has used this coupon already.
coupon-already-registered = Somebody else has registered this code already.
coupon-limit-reached = A member may register { $limit ->
    [one] one of these coupons
   *[other] { $limit } of these coupons
 }, and you have already.
coupon-below-minimum = This coupon is good from { $minimum } won of the products that it is for, and you order { $total } won of them: order more, or leave it out.
coupon-nothing-to-discount = This coupon takes nothing off what you order: add what it is for, or leave it out.

# Publishing them.
coupon-bad-name = A coupon's name has 1 to { $max } characters and no control characters.
coupon-one-discount = Give exactly one of `fixedAmount`, `percent` and `freeOptionId`.
coupon-stray-field = `{ $field }` goes with another kind of discount: leave it out.
coupon-out-of-range = `{ $field }` must be between { $min } and { $max }.
coupon-bad-expiry = A coupon expires after now, and within { $years } years.
coupon-store-not-found = You have no such store.
coupon-option-not-found = The store does not sell such an option.
coupon-key-reused = This idempotency key was used for other coupons: make a new key.
