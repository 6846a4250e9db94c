# Why a coupon cannot be used, or registered.
coupon-code-unknown = 없는 쿠폰 번호예요. 다시 확인해 주세요.
coupon-not-found = 쿠폰을 찾을 수 없어요.
coupon-foreign = 다른 스토어에서 쓰는 쿠폰이에요. 다른 쿠폰을 고르거나 그 스토어에서 주문해 주세요.
coupon-expired = 기간이 지난 쿠폰이에요.
coupon-used = 다른 주문에 이미 쓴 쿠폰이에요.
coupon-already-registered = 다른 회원이 이미 등록한 쿠폰이에요.
coupon-limit-reached = 이 쿠폰은 한 사람이 { $limit }장까지 등록할 수 있어요.
coupon-below-minimum = 쿠폰을 쓸 수 있는 상품을 { $minimum }원 이상 주문해야 해요. 지금은 { $total }원이에요. 더 담거나 쿠폰을 빼 주세요.
coupon-nothing-to-discount = 이 쿠폰으로 할인되는 상품이 없어요. 대상 상품을 담거나 쿠폰을 빼 주세요.

# Publishing them.
coupon-bad-name = 쿠폰 이름은 제어 문자 없이 1~{ $max }자로 보내 주세요.
coupon-one-discount = `fixedAmount`, `percent`, `freeOptionId` 중 하나만 보내 주세요.
coupon-stray-field = `{ $field }` 값은 다른 종류의 할인에 써요. 빼고 보내 주세요.
coupon-out-of-range = `{ $field }` 값은 { $min }부터 { $max }까지 보낼 수 있어요.
coupon-bad-expiry = 만료 시각은 지금부터 { $years }년 안으로 정해 주세요.
coupon-store-not-found = 스토어를 찾을 수 없어요.
coupon-option-not-found = 이 스토어에서 파는 옵션이 아니에요.
coupon-key-reused = 이미 다른 쿠폰에 쓴 멱등키예요. 새 키로 보내 주세요.
