//! The circuit breakers, on gateways that are really gone and come back.

use jangteo::{clock::Clock, payment::gateway::Proof};
use sandbox::{Fault, Step};

use crate::play::*;

#[tokio::test]
async fn a_gateway_that_is_gone_is_known_for_it_after_five_calls() {
    let play = Play::new().await;
    let now = Clock::system().now();
    let (gateways, sandbox) = (play.gateways, play.sandbox);
    sandbox.stop().await.expect("a stop in order");
    let mut bill = bill();
    bill.reference = Some("T0000000000000000001".into());
    for provider in ALL {
        let gateway = gateways.get(provider).expect("a gateway");
        for _ in 0..5 {
            assert!(!gateway.is_open(now) && gateway.admits(now));
            let reason = unknown(gateway.look_up(&bill).await);
            assert_eq!(reason.code, "UNREACHABLE");
        }
        let now = Clock::system().now();
        assert!(gateway.is_open(now) && !gateway.admits(now));
        // What must be asked still is.
        assert_eq!(unknown(gateway.look_up(&bill).await).code, "UNREACHABLE");
    }
}

#[tokio::test]
async fn a_gateway_that_answers_again_is_in_order() {
    let play = Play::new().await;
    for provider in ALL {
        let bill = play.paid(provider).await;
        let gateway = play.gateway(provider);
        for _ in 0..5 {
            play.fault(provider, &bill, Step::LookUp, Fault::DropBefore)
                .await;
            unknown(gateway.look_up(&bill).await);
        }
        assert!(gateway.is_open(Clock::system().now()));
        approved(gateway.look_up(&bill).await);
        assert!(!gateway.is_open(Clock::system().now()));
    }
}

#[tokio::test]
async fn what_makes_no_call_says_nothing_of_the_gateway() {
    let play = Play::new().await;
    for provider in [Toss, KakaoPay] {
        let paid = play.paid(provider).await;
        let gateway = play.gateway(provider);
        for _ in 0..5 {
            play.fault(provider, &paid, Step::LookUp, Fault::Garbage)
                .await;
            unknown(gateway.look_up(&paid).await);
        }
        if provider == Toss {
            approved(gateway.prepare(&bill()).await);
            let nonsense = Proof::PaymentKey("..".into());
            declined(gateway.approve(&bill(), &nonsense).await);
        } else {
            declined(gateway.look_up(&bill()).await);
        }
        assert!(gateway.is_open(Clock::system().now()), "{provider:?}");
    }
}
