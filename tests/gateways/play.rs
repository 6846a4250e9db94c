//! A sandbox of its own for each test, the clients that talk to it, and what members and callers do.

use std::time::Duration;

use chrono::DateTime;
use entity::{Won, payment::PaymentProvider};
use jangteo::{
    clock::{Clock, new_id},
    config::Secret,
    payment::gateway::{
        Answer, BaseUrl, Bill, Cancellation, GatewaySettings, Gateways, Guarded, Proof, Reason,
        Record, RecordState, kakaopay::KakaoPaySettings, portone::PortOneSettings,
        toss::TossSettings,
    },
};
use reqwest::{Client, StatusCode, Url};
use sandbox::{
    Fault, Provider, Sandbox, Settings, Step,
    control::{
        Button, ControlError, FaultOrder, MoveClock, PaymentReport, PortOneWindow, Press,
        PressReport, TossAmount, TossWindow, WindowOpened,
    },
};
use serde::{Serialize, de::DeserializeOwned};

pub use PaymentProvider::{KakaoPay, PortOne, Toss};

pub const ALL: [PaymentProvider; 3] = [PortOne, Toss, KakaoPay];

/// What every bill of these tests comes to.
pub const AMOUNT: Won = Won(15_000);

/// Longer than any call to a sandbox takes.
pub const PATIENT: Duration = Duration::from_secs(20);

/// Shorter than [`A_WHILE`], and longer than a call takes on a busy machine.
pub const IMPATIENT: Duration = Duration::from_secs(1);

/// How long an answer hangs, in milliseconds.
pub const A_WHILE: u64 = 4_000;

/// A sandbox and a shop's clients.
pub struct Play {
    pub sandbox: Sandbox,
    pub gateways: Gateways,
    http: Client,
}

impl Play {
    pub async fn new() -> Self {
        Self::with(sandbox_settings(), |_| ()).await
    }

    /// A shop that hangs up soon.
    pub async fn impatient() -> Self {
        Self::with(sandbox_settings(), |settings| {
            let (portone, toss, kakaopay) = each(settings);
            portone.timeout = IMPATIENT;
            toss.timeout = IMPATIENT;
            kakaopay.timeout = IMPATIENT;
        })
        .await
    }

    /// A sandbox with its settings, and clients that know them but for what is changed.
    pub async fn with(settings: Settings, change: impl FnOnce(&mut GatewaySettings)) -> Self {
        let sandbox = Sandbox::start(settings.clone()).await.expect("a sandbox");
        let mut settings = gateway_settings(&sandbox, settings);
        change(&mut settings);
        Self {
            gateways: Gateways::new(settings, &Clock::system()).expect("gateways"),
            sandbox,
            http: Client::new(),
        }
    }

    pub fn gateway(&self, provider: PaymentProvider) -> &Guarded {
        self.gateways.get(provider).expect("a configured gateway")
    }

    // What a member does.

    /// A payment that the member has a window for.
    pub async fn opened(&self, provider: PaymentProvider) -> Bill {
        let mut bill = bill();
        let prepared = approved(self.gateway(provider).prepare(&bill).await);
        bill.reference = prepared.reference;
        if provider != KakaoPay {
            self.open_window(provider, &bill, AMOUNT).await;
        }
        bill
    }

    /// Opens PortOne's or Toss's window as the shop's page does.
    pub async fn open_window(
        &self,
        provider: PaymentProvider,
        bill: &Bill,
        amount: Won,
    ) -> WindowOpened {
        if provider == PortOne {
            let window = portone_window(bill, amount);
            self.control("/sandbox/portone/window", &window).await
        } else {
            let window = toss_window(bill, amount);
            self.control("/sandbox/toss/window", &window).await
        }
    }

    /// Presses a button of the window; gives the address the browser comes back by.
    pub async fn press(&self, provider: PaymentProvider, bill: &Bill, button: Button) -> Url {
        let path = format!("{}/press", payment_path(provider, bill));
        let report: PressReport = self.control(&path, &Press { button }).await;
        report.redirect.parse().expect("an address")
    }

    /// A payment that the member has agreed to, and what the browser brings back.
    pub async fn agreed(&self, provider: PaymentProvider) -> (Bill, Proof) {
        let bill = self.opened(provider).await;
        let proof = self.agree(provider, &bill).await;
        (bill, proof)
    }

    /// Agrees in the window that is open.
    pub async fn agree(&self, provider: PaymentProvider, bill: &Bill) -> Proof {
        let back = self.press(provider, bill, Button::Approve).await;
        let brought = |name| {
            let (_, value) = back
                .query_pairs()
                .find(|(other, _)| other == name)
                .expect("a proof");
            value.into_owned()
        };
        match provider {
            PortOne => Proof::None,
            Toss => Proof::PaymentKey(brought("paymentKey")),
            KakaoPay => Proof::PgToken(brought("pg_token")),
        }
    }

    /// A payment that was made.
    pub async fn paid(&self, provider: PaymentProvider) -> Bill {
        let (mut bill, proof) = self.agreed(provider).await;
        let record = approved(self.gateway(provider).approve(&bill, &proof).await);
        assert_eq!(record.state, RecordState::Paid);
        bill.reference = record.reference;
        bill
    }

    // What a caller does.

    /// Asks for the money until it is certain what has become of it: looks up after each answer that leaves it
    /// open, and then asks again, under a new key only where the old one is used up.
    pub async fn take(&self, provider: PaymentProvider, bill: &Bill, proof: &Proof) -> Record {
        let gateway = self.gateway(provider);
        let mut bill = bill.clone();
        for _ in 0..5 {
            let answer = gateway.approve(&bill, proof).await;
            if let Answer::Approved(record) = answer {
                return record;
            }
            let record = approved(gateway.look_up(&bill).await);
            if record.state != RecordState::Open {
                return record;
            }
            bill.approval += i32::from(answer.uses_up_key());
        }
        panic!("{provider:?} never took the money");
    }

    /// Asks for money back in the same way.
    pub async fn give_back(
        &self,
        provider: PaymentProvider,
        bill: &Bill,
        cancellation: &Cancellation,
    ) -> Record {
        let gateway = self.gateway(provider);
        let before = AMOUNT.0 - cancellation.cancelable.0;
        let mut cancellation = cancellation.clone();
        for _ in 0..5 {
            let answer = gateway.cancel(bill, &cancellation).await;
            if let Answer::Approved(record) = answer {
                return record;
            }
            let record = approved(gateway.look_up(bill).await);
            if record.canceled.0 == before + cancellation.amount.0 {
                return record;
            }
            cancellation.key += i32::from(answer.uses_up_key());
        }
        panic!("{provider:?} never gave the money back");
    }

    // What a test does.

    /// Orders something to go wrong with a payment, once.
    pub async fn fault(&self, provider: PaymentProvider, bill: &Bill, on: Step, fault: Fault) {
        let id = Some(bill.payment_id.to_string());
        self.order_fault(provider, id, on, fault).await;
    }

    /// Orders something to go wrong with whichever payment is next, once.
    pub async fn fault_of_next(&self, provider: PaymentProvider, on: Step, fault: Fault) {
        self.order_fault(provider, None, on, fault).await;
    }

    async fn order_fault(
        &self,
        provider: PaymentProvider,
        id: Option<String>,
        on: Step,
        fault: Fault,
    ) {
        let order = FaultOrder {
            provider: played(provider),
            on,
            id,
            times: 1,
            fault,
        };
        let _: FaultOrder = self.control("/sandbox/faults", &order).await;
    }

    /// What the gateway has in its books.
    pub async fn report(&self, provider: PaymentProvider, bill: &Bill) -> PaymentReport {
        let url = self.sandbox.url(&payment_path(provider, bill));
        let answer = self.http.get(url).send().await.expect("an answer");
        answer.json().await.expect("a report")
    }

    pub async fn advance_minutes(&self, minutes: u32) {
        let by = MoveClock {
            advance_ms: Some(minutes * 60_000),
            scale: None,
        };
        let _: serde_json::Value = self.control("/sandbox/clock", &by).await;
    }

    /// The refusal of a window that does not open.
    pub async fn refused_window(&self, bill: &Bill, amount: Won) -> ControlError {
        let window = portone_window(bill, amount);
        let (status, text) = self.order("/sandbox/portone/window", &window).await;
        assert!(status.is_client_error(), "{status} {text}");
        serde_json::from_str(&text).expect("a refusal")
    }

    pub async fn control<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> T {
        let (status, text) = self.order(path, body).await;
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).expect("what the sandbox documents")
    }

    /// The answer of the control API, whatever it is.
    pub async fn order(&self, path: &str, body: &impl Serialize) -> (StatusCode, String) {
        let request = self.http.post(self.sandbox.url(path)).json(body);
        let answer = request.send().await.expect("an answer");
        (answer.status(), answer.text().await.expect("a body"))
    }
}

fn portone_window(bill: &Bill, amount: Won) -> PortOneWindow {
    PortOneWindow {
        store_id: "store-sandbox".into(),
        payment_id: bill.payment_id.to_string(),
        order_name: bill.order_name.clone(),
        total_amount: amount.0,
        currency: "KRW".into(),
        redirect_url: public_url().portone_return(),
        ..PortOneWindow::default()
    }
}

fn toss_window(bill: &Bill, amount: Won) -> TossWindow {
    TossWindow {
        client_key: "test_gck_sandbox".into(),
        order_id: bill.payment_id.to_string(),
        order_name: bill.order_name.clone(),
        amount: TossAmount {
            currency: "KRW".into(),
            value: amount.0,
        },
        success_url: public_url().toss_success(bill.payment_id),
        fail_url: public_url().toss_fail(bill.payment_id),
        ..TossWindow::default()
    }
}

pub const fn played(provider: PaymentProvider) -> Provider {
    match provider {
        PortOne => Provider::PortOne,
        Toss => Provider::Toss,
        KakaoPay => Provider::KakaoPay,
    }
}

/// The payment in the control API.
pub fn payment_path(provider: PaymentProvider, bill: &Bill) -> String {
    let provider = played(provider).slug();
    format!("/sandbox/payments/{provider}/{}", bill.payment_id)
}

pub fn sandbox_settings() -> Settings {
    Settings::demo(([127, 0, 0, 1], 0).into())
}

fn gateway_settings(sandbox: &Sandbox, settings: Settings) -> GatewaySettings {
    let base = |path| sandbox.url(path).parse::<BaseUrl>().expect("an address");
    GatewaySettings {
        portone: Some(PortOneSettings {
            base_url: base("/portone"),
            api_secret: Secret::new(settings.portone.api_secret),
            store_id: settings.portone.store_id,
            channel_key: settings.portone.channel_key,
            public_url: public_url(),
            timeout: PATIENT,
        }),
        toss: Some(TossSettings {
            base_url: base("/toss"),
            client_key: settings.toss.client_key,
            secret_key: Secret::new(settings.toss.secret_key),
            merchant_id: Some("sandbox".into()),
            public_url: public_url(),
            timeout: PATIENT,
        }),
        kakaopay: Some(KakaoPaySettings {
            base_url: base("/kakaopay"),
            secret_key: Secret::new(settings.kakaopay.secret_key),
            cid: settings.kakaopay.cid,
            public_url: public_url(),
            timeout: PATIENT,
        }),
    }
}

/// The settings of each gateway, to be changed.
pub fn each(
    settings: &mut GatewaySettings,
) -> (
    &mut PortOneSettings,
    &mut TossSettings,
    &mut KakaoPaySettings,
) {
    let GatewaySettings {
        portone: Some(portone),
        toss: Some(toss),
        kakaopay: Some(kakaopay),
    } = settings
    else {
        panic!("a gateway is missing");
    };
    (portone, toss, kakaopay)
}

pub fn public_url() -> BaseUrl {
    "http://127.0.0.1:8080".parse().expect("an address")
}

/// A payment that no gateway has heard of.
pub fn bill() -> Bill {
    let now = Clock::system().now();
    Bill {
        payment_id: new_id(now, &mut rand::rng()),
        member_id: new_id(now, &mut rand::rng()),
        order_name: "유자청 외 2건".into(),
        amount: AMOUNT,
        expires_at: DateTime::UNIX_EPOCH,
        reference: None,
        approval: 1,
    }
}

/// A refund of which nothing has gone back before.
pub fn cancellation(amount: Won) -> Cancellation {
    Cancellation {
        refund_id: new_id(Clock::system().now(), &mut rand::rng()),
        key: 1,
        amount,
        cancelable: AMOUNT,
        reason: "색이 달라요".into(),
    }
}

pub fn approved<T: std::fmt::Debug>(answer: Answer<T>) -> T {
    match answer {
        Answer::Approved(approved) => approved,
        other => panic!("not approved: {other:?}"),
    }
}

pub fn declined<T: std::fmt::Debug>(answer: Answer<T>) -> Reason {
    match answer {
        Answer::Declined(reason) => reason,
        other => panic!("not declined: {other:?}"),
    }
}

pub fn unknown<T: std::fmt::Debug>(answer: Answer<T>) -> Reason {
    match answer {
        Answer::Unknown(reason) => reason,
        other => panic!("not unknown: {other:?}"),
    }
}
