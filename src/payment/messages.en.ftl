payment-not-found = There is no such payment.

# What the window gave.
payment-bad-proof = This is not what the payment window gave.
payment-two-proofs = Give `paymentKey` for Toss, `pgToken` for KakaoPay, neither for PortOne.
payment-needs-payment-key = A payment through Toss is confirmed with its `paymentKey`, and nothing else.
payment-needs-pg-token = A payment through KakaoPay is confirmed with its `pgToken`, and nothing else.
payment-needs-no-proof = A payment through PortOne is confirmed with its id alone.
payment-proof-unknown = The gateway does not take this: pay in the window, and send what it gives.
payment-unavailable = The gateway cannot be asked at the moment: come again in a while.

# Why it failed.
payment-not-begun = The payment could not begin.
payment-given-up = The payment was given up.
payment-declined = The payment was declined.
payment-failed-because = The payment did not succeed: { $words }
payment-other-amount-shown = The payment window showed another amount: begin again.
payment-expired = The payment was not made in time: begin again.
payment-too-late = The order had ended when it was paid: the payment is refunded.
payment-other-currency-taken = Another currency was taken than agreed: it is refunded.
payment-other-amount-taken = Another amount was taken than agreed: it is refunded.
payment-test-money-taken = It was paid with test money, which buys nothing here.
payment-given-back-before = Some of it was given back before the payment was known: the rest is refunded too.
