// The sandbox's PortOne browser script. It opens the payment page in place of the shop's, which is what
// PortOne itself does on a phone or with `forceRedirect`.
(() => {
  'use strict';

  const own = new URL(document.currentScript.src);

  const requestPayment = (request) => {
    if (!request || !request.redirectUrl) {
      return Promise.resolve({
        transactionType: 'PAYMENT',
        paymentId: request?.paymentId,
        code: 'InvalidRequest',
        message: 'The sandbox leaves the page: it needs a redirectUrl.',
      });
    }
    const page = new URL('window', own);
    page.searchParams.set('request', JSON.stringify({
      ...request,
      redirectUrl: new URL(request.redirectUrl, location.href).href,
    }));
    location.assign(page);
    // The page is left before there is an answer.
    return new Promise(() => {});
  };

  globalThis.PortOne = Object.freeze({ requestPayment });
})();
