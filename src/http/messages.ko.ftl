http-not-json = `content-type`을 `application/json`으로 보내 주세요.
http-body-too-large = 요청이 너무 커요. 나눠서 보내 주세요.
http-body-broken = 요청을 끝까지 받지 못했어요. 다시 보내 주세요.
http-body-is-list = 목록은 받지 않아요. GraphQL 요청을 JSON 객체 하나로 보내 주세요.
http-not-graphql = JSON으로 쓴 GraphQL 요청이 아니에요: { $wrong }
http-get-only-reads = GET으로는 조회만 할 수 있어요. `content-type: application/json`으로 POST를 보내거나 WebSocket으로 보내 주세요.
http-no-query = `query`도 `documentId`도 없어요. `content-type: application/json`으로 POST에 담거나 GET 주소에 넣어 보내 주세요. WebSocket으로 연결해도 돼요.
http-address-not-graphql = 주소에 쓴 GraphQL 요청이 올바르지 않아요: { $wrong }
http-too-many-operations = 연결 하나에서 동시에 { $max }개까지만 요청할 수 있어요. 몇 개를 끝내거나 새로 연결해 주세요.
http-too-many-listeners = 이미 { $max }곳에서 알림을 받고 있어요. 몇 곳을 닫아 주세요.
http-token-expired = 액세스 토큰이 만료됐어요. 세션을 갱신하고 다시 구독해 주세요.

# The pages of payments.
http-payment-title = 결제
http-payment-amount = { $amount }원
http-payment-opening = 결제창을 열고 있어요.
http-payment-open = 결제창 열기
http-payment-not-opened = 결제창을 열지 못했어요.
http-payment-ready = 결제를 확인하고 있어요.
http-payment-paid = 결제가 완료됐어요.
http-payment-partially-canceled = 결제 금액의 일부를 환불해 드려요.
http-payment-canceled = 결제가 취소되어 환불해 드려요.
http-payment-failed = 결제하지 못했어요.
http-payment-expired = 결제 시간이 지났어요. 결제된 금액은 없어요.
