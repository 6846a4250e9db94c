gift-member-not-found = 이 아이디를 쓰는 회원이 없어요. 받는 분께 아이디를 확인해 주세요.
gift-to-yourself = 내 아이디예요. 선물할 분의 아이디를 입력해 주세요.
gift-quantity-out-of-range = 선물은 1개부터 { $max }개까지 보낼 수 있어요.
gift-bad-message = 메시지는 { $max }자까지 쓸 수 있어요. 줄바꿈 말고 다른 제어 문자는 빼 주세요.
gift-product-unavailable = { JOSA($name, "은/는") } 이제 판매하지 않아요. 다른 상품을 골라 주세요.
gift-insufficient-stock = { $available ->
    [0] 품절된 상품이에요. 다른 상품을 골라 주세요.
   *[other] 재고가 부족해요. 지금은 { $available }개까지 선물할 수 있어요.
}
gift-insufficient-points = 포인트가 부족해요. 필요한 포인트는 { $required }원, 남은 포인트는 { $balance }원이에요. 먼저 충전해 주세요.
gift-payment-unavailable = 지금은 이 결제 수단을 쓸 수 없어요. 다른 결제 수단을 고르거나 잠시 뒤에 다시 보내 주세요. 다시 보낼 때는 새 멱등키를 써 주세요.
gift-missed = 놓친 소식이 있어요. `gifts`를 다시 조회해 주세요.
