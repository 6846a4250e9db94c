point-provider-is-point = 포인트로는 포인트를 충전할 수 없어요. 다른 결제 수단을 골라 주세요.
point-charge-unavailable = 지금은 이 방법으로 충전할 수 없어요. 다른 결제 수단을 골라 주세요.
point-key-reused = 이미 다른 충전에 쓴 멱등키예요. 새 키로 보내 주세요.
point-charge-too-small = { $min }원부터 충전할 수 있어요.
point-charge-too-large = 한 번에 { $max }원까지 충전할 수 있어요.
point-balance-too-high = 포인트는 { $max }원까지 보유할 수 있어요. 지금 { $balance }원이 있으니 충전 금액을 줄여 주세요.
