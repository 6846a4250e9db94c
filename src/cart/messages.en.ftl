cart-quantity-out-of-range = A line holds 1 to { $max } pieces: choose a quantity in that range.
cart-line-too-large = A line holds at most { $max } pieces: add fewer.
cart-full = The cart is full with { $max } lines: order or remove some first.
cart-removal-too-large = At most { $max } lines can be removed at once: remove them in several steps.
cart-option-not-found = There is no such option.
cart-product-unavailable = This product is no longer for sale.
cart-line-not-found = There is no such line in your cart.
