// The sandbox's Toss browser script. It opens the payment page in place of the shop's, as Toss itself does.
(() => {
  'use strict';

  const own = new URL(document.currentScript.src);
  const absolute = (url) => new URL(url, location.href).href;

  const open = (request) => {
    const page = new URL('window', own);
    page.searchParams.set('request', JSON.stringify({
      ...request,
      successUrl: absolute(request.successUrl),
      failUrl: absolute(request.failUrl),
    }));
    location.assign(page);
    // The page is left before there is an answer.
    return new Promise(() => {});
  };

  const payment = (clientKey, customerKey) => ({
    requestPayment: (request) => open({ ...request, clientKey, customerKey }),
  });

  const widgets = (clientKey, customerKey) => {
    let amount;
    // There is nothing to choose here; the names a page calls are there all the same.
    const rendered = { on: () => {}, destroy: async () => {} };
    return {
      setAmount: async (given) => { amount = given; },
      renderPaymentMethods: async () => rendered,
      renderAgreement: async () => rendered,
      requestPayment: (request) => open({ ...request, amount, clientKey, customerKey, widget: true }),
    };
  };

  const TossPayments = (clientKey) => ({
    payment: ({ customerKey }) => payment(clientKey, customerKey),
    widgets: ({ customerKey }) => widgets(clientKey, customerKey),
  });
  TossPayments.ANONYMOUS = 'ANONYMOUS';

  globalThis.TossPayments = TossPayments;
})();
