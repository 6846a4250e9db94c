http-not-json = The content type must be `application/json`.
http-body-too-large = The request is too large: send less at once.
http-body-broken = The request did not arrive whole: send it again.
http-body-is-list = The body is not a GraphQL request in JSON: one object is expected, not a list.
http-not-graphql = The body is not a GraphQL request in JSON: { $wrong }.
http-get-only-reads = A GET only reads: send this as a POST with `content-type: application/json`, or over a WebSocket.
http-no-query = There is no `query`, and no `documentId`: send one, in a POST with `content-type: application/json` or in the address of a GET; or open a WebSocket.
http-address-not-graphql = The address is not of a GraphQL request: { $wrong }.
http-too-many-operations = One connection has at most { $max } operations at once: end some, or open another.
http-too-many-listeners = You listen in { $max } places already: close some.
http-token-expired = The access token expired: refresh the session and subscribe again.

# The pages of payments.
http-payment-title = Payment
http-payment-amount = { $amount } won
http-payment-opening = Opening the payment window.
http-payment-open = Open the payment window
http-payment-not-opened = The payment window did not open.
http-payment-ready = The payment is being settled.
http-payment-paid = The payment is complete.
http-payment-partially-canceled = A part of the payment is refunded.
http-payment-canceled = The payment was canceled and is refunded.
http-payment-failed = The payment did not succeed.
http-payment-expired = The time to pay is over. Nothing was taken.
