//! A4: scope (S01 to S08).

use super::{
    Expected, GOOD, INVALID_SCOPE, Row, alpha, assert_refused, assert_scope, assert_tokens,
    in_no_time, row, story,
};

pub(crate) fn rows() -> Vec<Row> {
    let asked = |scope: &str| alpha(format!("{GOOD}&scope={scope}"));
    let mut rows = table! {
        "S01", "no scope is what was granted", alpha(GOOD) => Expected::Scope("a b c");
        "S02", "an unknown scope", asked("zeta") => INVALID_SCOPE;
        "S02", "a known one and an unknown one", asked("a+zeta") => INVALID_SCOPE;
        "S05", "case", asked("A") => INVALID_SCOPE;
        "S06", "less than was granted", asked("b") => Expected::Scope("b");
        "S06", "less, and in another order", asked("c+a") => Expected::Scope("a c");
        "S06", "less, and more than once", asked("b+b+b") => Expected::Scope("b");
        "S08", "an empty scope is none", asked("") => Expected::Scope("a b c");
        "S08", "so is one without =", alpha(format!("{GOOD}&scope")) => Expected::Scope("a b c");
    };
    rows.extend(
        [
            "%22",
            "%5C",
            "%01",
            "%0D%0A",
            "%7F",
            "%C3%A9",
            "%E2%80%8B",
            "a%22",
            "%5Ca",
            "a+%07",
        ]
        .into_iter()
        .map(|bad| {
            row(
                "S03",
                format!("{bad} in a scope"),
                asked(bad),
                INVALID_SCOPE,
            )
        }),
    );
    rows.extend(
        [
            "a++b", "+a", "a+", "+", "++", "a%09b", "a%0Ab", "a%20%20b", "a%C2%A0b", "a%2Bb", "a,b",
        ]
        .into_iter()
        .map(|bad| {
            row(
                "S04",
                format!("`{bad}` is not separated by one space"),
                asked(bad),
                INVALID_SCOPE,
            )
        }),
    );
    rows.extend([
        story("S05", "OpenID is not openid", |world| {
            let token = world
                .server
                .mint()
                .client("alpha")
                .scope("openid a")
                .refresh_token();
            let answer = world.send_with(&alpha(format!("{GOOD}&scope=OpenID")), &token);
            assert_refused(&answer, &[400], &["invalid_scope"]);
            let answer = world.send_with(&alpha(format!("{GOOD}&scope=openid")), &token);
            assert_scope(&answer, "openid");
            assert!(answer.json().get("id_token").is_some());
        }),
        story("S06", "without openid there is no ID token", |world| {
            let token = world
                .server
                .mint()
                .client("alpha")
                .scope("openid a")
                .refresh_token();
            let answer = world.send_with(&alpha(format!("{GOOD}&scope=a")), &token);
            assert_scope(&answer, "a");
            assert!(answer.json().get("id_token").is_none());
        }),
        story("S07", "many scopes take no time", |world| {
            let many: Vec<String> = (0..10_000).map(|n| format!("s{n:04}")).collect();
            let cases = [
                (many.join("+"), 400),
                (vec!["a"; 30_000].join("+"), 200),
                ("+".repeat(60_000), 400),
                ("x".repeat(60_000), 400),
                ("a+".repeat(500_000), 413),
            ];
            for (scope, status) in cases {
                let answer = in_no_time(|| world.send(&alpha(format!("{GOOD}&scope={scope}"))));
                assert_eq!(answer.status, status, "{} bytes of scope", scope.len());
                if status == 200 {
                    assert_tokens(&answer);
                } else {
                    assert_refused(&answer, &[status], &["invalid_scope", "invalid_request"]);
                }
            }
        }),
    ]);
    rows
}
