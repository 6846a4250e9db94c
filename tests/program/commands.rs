//! Commands: what there is, and what each needs.

use super::*;

#[test]
fn help_names_every_command_and_setting() {
    let place = Place::new();
    let help = place.ok(&["--help"]);
    for command in [
        "serve", "migrate", "seed", "schema", "member", "sandbox", "payment", "import", "export",
        "outbox", "settle", "audit", "health", "backup",
    ] {
        assert!(help.contains(command), "{help}");
    }
    let help = place.ok(&["serve", "--help"]);
    for setting in SETTINGS.iter().filter(|setting| **setting != "RUST_LOG") {
        assert!(
            help.contains(&format!("[env: {setting}")),
            "{setting} in {help}"
        );
    }
    for flag in ["--listen", "--database-url", "--demo"] {
        assert!(help.contains(flag), "{help}");
    }
    for default in [
        "127.0.0.1:8080",
        "sqlite://jangteo.db",
        "1000",
        "5000000",
        "10000000",
    ] {
        assert!(
            help.contains(&format!("[default: {default}]")),
            "{default} in {help}"
        );
    }
    let commands: [&[&str]; 17] = [
        &["migrate", "up"],
        &["migrate", "down"],
        &["migrate", "status"],
        &["seed"],
        &["member", "create"],
        &["member", "set-role"],
        &["payment", "list"],
        &["payment", "show"],
        &["outbox", "list"],
        &["outbox", "show"],
        &["outbox", "retry"],
        &["outbox", "purge"],
        &["import", "products"],
        &["export", "products"],
        &["settle"],
        &["audit"],
        &["backup"],
    ];
    for command in commands {
        let help = place.ok(&[command, &["--help"]].concat());
        assert!(help.contains("[env: DATABASE_URL"), "{command:?}: {help}");
    }
    assert!(
        fs::read_dir(place.0.path())
            .expect("a folder")
            .next()
            .is_none(),
        "help makes no files"
    );
}

#[test]
fn a_command_that_there_is_not_is_refused() {
    let place = Place::new();
    for arguments in [
        &["sell"][..],
        &["migrate"],
        &["member", "set-role", "mina", "king"],
        &[],
    ] {
        let ended = place.run(arguments, &[], "");
        assert_eq!(ended.code, Some(2), "{arguments:?}");
        assert!(ended.errors.contains("Usage: jangteo") || ended.errors.contains("--help"));
    }
}

#[test]
fn the_schema_is_printed() {
    assert_eq!(Place::new().ok(&["schema"]), jangteo::cli::sdl());
}

#[test]
fn migrations_go_up_and_down_and_tell_where_they_are() {
    let place = Place::new();
    let states = |status: &str| {
        let states = status
            .lines()
            .map(|line| line.split(' ').next().unwrap_or_default());
        states.map(str::to_owned).collect::<Vec<_>>()
    };
    let all = states(&place.ok(&["migrate", "status"])).len();
    assert!(all >= 5);
    assert_eq!(
        states(&place.ok(&["migrate", "status"])),
        vec!["pending"; all]
    );

    place.ok(&["migrate", "up"]);
    assert_eq!(
        states(&place.ok(&["migrate", "status"])),
        vec!["applied"; all]
    );
    place.ok(&["migrate", "up"]);

    place.ok(&["migrate", "down"]);
    let expected = [vec!["applied"; all - 1], vec!["pending"; 1]].concat();
    assert_eq!(states(&place.ok(&["migrate", "status"])), expected);
    place.ok(&["migrate", "down", "--steps", &(all - 1).to_string()]);
    assert_eq!(
        states(&place.ok(&["migrate", "status"])),
        vec!["pending"; all]
    );
    place.ok(&["migrate", "up"]);
    assert_eq!(
        states(&place.ok(&["migrate", "status"])),
        vec!["applied"; all]
    );
}

#[tokio::test]
async fn a_backup_is_its_owners_alone_and_overwrites_nothing() {
    let place = Place::with_demo().await;
    let printed = place.ok(&["backup", "copy.db"]);
    let copy = fs::read(place.file("copy.db")).expect("a copy");
    assert!(
        printed.contains(&format!("copy.db: {} bytes", copy.len())),
        "{printed}"
    );
    let mode = fs::metadata(place.file("copy.db")).expect("a copy");
    assert_eq!(mode.permissions().mode() & 0o777, 0o600);
    place.ok(&["audit", "--database-url", "sqlite://copy.db"]);
    let copy = fs::read(place.file("copy.db")).expect("a copy");

    // Another's file, a folder that is not there, a back-up that goes on, PostgreSQL.
    fs::write(place.file("half.db.unfinished"), "half").expect("a file");
    for (arguments, told) in [
        (&["backup", "copy.db"][..], "there already"),
        (&["backup", "nowhere/copy.db"], "nowhere/copy.db"),
        (&["backup", "half.db"], "half.db.unfinished"),
        (
            &["backup", "x.db", "--database-url", "sqlite://none.db"],
            "no database at none.db",
        ),
    ] {
        let refused = place.run(arguments, &[], "");
        assert_eq!(refused.code, Some(1), "{arguments:?}");
        assert!(refused.errors.contains(told), "{}", refused.errors);
    }
    assert_eq!(fs::read(place.file("copy.db")).expect("a copy"), copy);
    for name in ["copy.db.unfinished", "half.db", "x.db", "none.db"] {
        assert!(!place.file(name).exists(), "{name} is left over");
    }
}

#[tokio::test]
async fn members_made_on_the_command_line_sign_in_with_their_role() {
    let place = Place::new();
    place.ok(&["migrate", "up"]);
    let create = |arguments: &[&str], password: &str| {
        place.run(&[&["member", "create"], arguments].concat(), &[], password)
    };

    let made = create(&["Mina", "--nickname", "민아"], "correct horse\n");
    assert_eq!(made.code, Some(0), "{}", made.errors);
    assert!(
        made.output.contains("mina") && made.output.contains("member_"),
        "{}",
        made.output
    );
    assert_eq!(
        create(&["boss", "--role", "admin"], "battery staple").code,
        Some(0)
    );

    let again = create(&["mina"], "another one\n");
    assert_eq!(again.code, Some(1));
    assert!(
        again.errors.contains("another member has this user id"),
        "{}",
        again.errors
    );
    let short = create(&["jun"], "short\n");
    assert_eq!(short.code, Some(1));
    assert!(
        short.errors.contains("8 to 128 characters"),
        "{}",
        short.errors
    );
    for ended in [made, again, short] {
        for password in ["correct horse", "another one"] {
            assert!(!ended.output.contains(password) && !ended.errors.contains(password));
        }
    }

    let server = place.serve(&[], &[]);
    assert_eq!(server.role("mina", "correct horse").await, "MEMBER");
    assert_eq!(server.role("boss", "battery staple").await, "ADMIN");
    assert_eq!(server.sign_in("mina", "another one").await, None);

    // Also while the server runs.
    place.ok(&["member", "set-role", "MINA", "merchant"]);
    assert_eq!(server.role("mina", "correct horse").await, "MERCHANT");
    let unknown = place.run(&["member", "set-role", "nobody", "admin"], &[], "");
    assert_eq!(unknown.code, Some(1));
    assert!(unknown.errors.contains("nobody"), "{}", unknown.errors);
}

#[test]
fn members_are_not_made_in_a_database_that_is_not_up_to_date() {
    let ended = Place::new().run(&["member", "create", "mina"], &[], "correct horse\n");
    assert_eq!(ended.code, Some(1));
    assert!(
        ended.errors.contains("jangteo migrate up"),
        "{}",
        ended.errors
    );
}
