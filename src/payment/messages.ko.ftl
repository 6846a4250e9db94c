payment-not-found = 결제를 찾을 수 없어요.

# What the window gave.
payment-bad-proof = 결제창에서 받은 값이 아니에요. 받은 값을 그대로 보내 주세요.
payment-two-proofs = 토스페이먼츠는 `paymentKey`만, 카카오페이는 `pgToken`만 보내 주세요. 포트원은 둘 다 필요 없어요.
payment-needs-payment-key = 토스페이먼츠 결제는 `paymentKey`만 보내 주세요.
payment-needs-pg-token = 카카오페이 결제는 `pgToken`만 보내 주세요.
payment-needs-no-proof = 포트원 결제는 결제 ID만 보내 주세요.
payment-proof-unknown = 결제사에서 확인되지 않는 값이에요. 결제창에서 결제하고 받은 값을 보내 주세요.
payment-unavailable = 지금은 결제사에서 확인할 수 없어요. 잠시 뒤에 다시 시도해 주세요.

# Why it failed.
payment-not-begun = 결제를 시작하지 못했어요.
payment-given-up = 취소한 결제예요.
payment-declined = 결제가 거절됐어요.
payment-failed-because = 결제하지 못했어요: { $words }
payment-other-amount-shown = 결제창의 금액이 달라서 결제하지 않았어요. 처음부터 다시 결제해 주세요.
payment-expired = 결제 시간이 지났어요. 처음부터 다시 결제해 주세요.
payment-too-late = 주문이 취소된 뒤에 결제돼서 환불해 드려요.
payment-other-currency-taken = 다른 통화로 결제돼서 환불해 드려요.
payment-other-amount-taken = 다른 금액이 결제돼서 환불해 드려요.
payment-test-money-taken = 테스트 결제로는 살 수 없어요.
payment-given-back-before = 확인하기 전에 일부가 환불된 결제라서 나머지도 환불해 드려요.
