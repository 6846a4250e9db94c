// Opens the payment window of PortOne or Toss, with what the page says about the payment.
"use strict";

const state = document.getElementById("state");
const button = document.getElementById("open");
const payment = state.dataset;
const amount = Number(payment.amount);

const windows = {
  toss: () =>
    TossPayments(payment.clientKey)
      .payment({ customerKey: payment.customerKey })
      .requestPayment({
        method: "CARD",
        amount: { currency: "KRW", value: amount },
        orderId: payment.paymentId,
        orderName: payment.orderName,
        successUrl: payment.successUrl,
        failUrl: payment.failUrl,
      }),

  portone: async () => {
    const result = await PortOne.requestPayment({
      storeId: payment.storeId,
      channelKey: payment.channelKey,
      paymentId: payment.paymentId,
      orderName: payment.orderName,
      totalAmount: amount,
      currency: "KRW",
      payMethod: "CARD",
      redirectUrl: payment.returnUrl,
    });
    // On a computer the window answers here instead of sending the browser on.
    if (result) {
      const back = new URL(payment.returnUrl);
      for (const name of ["paymentId", "code", "message"]) {
        if (result[name]) back.searchParams.set(name, result[name]);
      }
      location.replace(back);
    }
  },
};

const open = async () => {
  button.hidden = true;
  try {
    await windows[payment.gateway]();
  } catch (error) {
    console.error(error);
    // A browser may want to see a click before it opens a window.
    state.textContent = payment.notOpened;
    button.hidden = false;
  }
};

button.addEventListener("click", open);
open();
