order-bad-idempotency-key = 멱등키는 제어 문자 없이 1~{ $max }자로 보내 주세요.
order-key-reused = 이미 다른 요청에 쓴 멱등키예요. 새 키로 보내 주세요.
order-not-found = 주문을 찾을 수 없어요.
order-item-not-found = 이 주문에 없는 상품이에요.

# Looking at orders.
order-malformed-key = 주문번호가 맞지 않아요. 다시 확인해 주세요.
order-id-or-key = `id`와 `orderKey` 중 하나만 보내 주세요.
order-year-out-of-range = 날짜는 1년부터 9999년까지 조회할 수 있어요.
order-store-not-found = 스토어를 찾을 수 없어요.

# Placing them.
order-lines-or-cart-items = `lines`와 `cartItemIds` 중 하나만 보내 주세요. 장바구니를 모두 주문하려면 둘 다 빼 주세요.
order-empty = 주문할 상품이 없어요. 상품을 골라 주세요.
order-cart-empty = 장바구니가 비어 있어요.
order-too-many-lines = 한 번에 { $max }가지까지 주문할 수 있어요. 나눠서 주문해 주세요.
order-quantity-out-of-range = 같은 옵션은 한 번에 1개부터 { $max }개까지 주문할 수 있어요.
order-product-unavailable = { JOSA($name, "은/는") } 이제 판매하지 않아요. 빼고 주문해 주세요.
order-store-closed = { $others ->
    [0] { JOSA($name, "을/를") } 파는 스토어가 지금 영업 중이 아니에요. 빼고 주문하거나 나중에 다시 주문해 주세요.
   *[other] { $name } 외 { $others }가지는 스토어가 지금 영업 중이 아니에요. 빼고 주문하거나 나중에 다시 주문해 주세요.
 }
order-total-too-large = 주문 금액이 너무 커요. 나눠서 주문해 주세요.
order-price-changed = 주문 금액이 { $expected }원에서 { $actual }원으로 바뀌었어요. 확인하고 다시 주문해 주세요.
order-points-mismatch = 포인트 { $points }원은 쓸 수 없어요. 포인트로만 결제하려면 { $total }원 전액을, 다른 결제 수단과 함께 쓰려면 { $total }원 이하를 입력해 주세요.
order-insufficient-stock = 재고가 부족해요. 남은 수량만큼 주문해 주세요.
order-insufficient-points = 포인트가 부족해요. 필요한 포인트는 { $required }원, 남은 포인트는 { $balance }원이에요. 먼저 충전해 주세요.
order-payment-pending = 결제를 기다리는 주문이 있어요. 먼저 결제하거나 취소해 주세요.
order-payment-being-settled = 이전 주문의 결제를 확인하고 있어요. 잠시 뒤에 다시 시도해 주세요.
order-payment-unavailable = 지금은 이 결제 수단을 쓸 수 없어요. 다른 결제 수단을 고르거나 잠시 뒤에 다시 주문해 주세요. 다시 주문할 때는 새 멱등키를 써 주세요.

# Canceling them.
order-too-many-items = 한 번에 { $max }가지까지 취소할 수 있어요.
order-no-items-named = 취소할 상품을 골라 주세요. 주문을 모두 취소하려면 목록을 빼고 보내 주세요.
order-bad-reason = 사유는 줄바꿈 없이 { $max }자까지 쓸 수 있어요.
order-item-unpaid = { JOSA($name, "은/는") } 아직 결제하지 않은 상품이에요. 주문을 취소하려면 결제를 취소해 주세요.
order-item-accepted = { JOSA($name, "은/는") } 스토어에서 준비하고 있어요. 취소하려면 스토어에 문의해 주세요.
order-item-ready = { JOSA($name, "은/는") } 준비가 끝났어요. 취소하려면 스토어에 문의해 주세요.
order-item-completed = { JOSA($name, "은/는") } 이미 전달됐어요. 스토어에 문의해 주세요.
order-item-not-cancelable = { JOSA($name, "은/는") } 취소할 수 없어요.

# Their stores: accepting, refusing, making ready, completing.
order-no-items-to-refuse = 거절할 상품을 골라 주세요. 모두 거절하려면 목록을 빼고 보내 주세요.
order-reason-missing = 고객이 볼 거절 사유를 적어 주세요.
order-not-accepted-yet = 아직 수락하지 않은 주문이에요. 먼저 수락하거나 거절해 주세요.
order-accepted-already = 수락해서 준비 중인 주문이에요. 준비가 끝나면 준비 완료로 바꾸거나, 어려우면 거절해 주세요.
order-ready-already = 준비가 끝난 주문이에요. 전달한 뒤에 완료해 주세요.
order-completed-already = 이미 전달한 주문이에요. 더 할 일이 없어요.
order-canceled-already = 취소된 주문이에요. 준비하지 마세요.
