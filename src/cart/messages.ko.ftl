cart-quantity-out-of-range = 수량은 1개부터 { $max }개까지 담을 수 있어요.
cart-line-too-large = 같은 옵션은 { $max }개까지만 담을 수 있어요. 수량을 줄여 주세요.
cart-full = 장바구니가 가득 찼어요. 상품은 { $max }가지까지 담을 수 있으니, 먼저 주문하거나 일부를 빼 주세요.
cart-removal-too-large = 한 번에 { $max }가지까지 뺄 수 있어요. 나눠서 빼 주세요.
cart-option-not-found = 없는 옵션이에요.
cart-product-unavailable = 더 이상 판매하지 않는 상품이에요.
cart-line-not-found = 장바구니에 없는 상품이에요.
