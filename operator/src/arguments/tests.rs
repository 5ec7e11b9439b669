//! What becomes of a command line.

use serde_json::json;

use super::*;
use crate::session::labels;

fn resolve(arguments: &[&str], pods_namespace: Option<&str>) -> Result<Options, String> {
    let arguments = [&["ballsession-operator"], arguments].concat();
    let parsed = Arguments::try_parse_from(arguments).map_err(|error| error.to_string())?;
    parsed.resolve(pods_namespace, PodDefaults::default())
}

#[test]
fn in_a_pod_nothing_has_to_be_given() {
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(
        resolve(&[], Some("tower\n")).unwrap(),
        Options {
            http: "[::]:8081".parse().unwrap(),
            http_access: HttpAccess::Local,
            reports: "[::]:8443".parse().unwrap(),
            plain_reports: Some("[::]:8080".parse().unwrap()),
            report_secret: "ballsession-operator-reports".into(),
            report_names: vec!["ballsession-operator.tower.svc".into()],
            watched: Scope::All,
            settings: Settings {
                server_image: format!("ballsession-server:{version}"),
                client_image: format!("ballsession-client:{version}"),
                image_pull_policy: None,
                architectures: vec![values::architectures("").unwrap().0.remove(0)],
                pod_defaults: PodDefaults::default(),
                report_url: "https://ballsession-operator.tower.svc:8443/v1/reports".into(),
                plain_report_url: "http://ballsession-operator.tower.svc:8080/v1/reports".into(),
                operator_namespace: "tower".into(),
            },
            pod_name: "ballsession-operator".into(),
            pod_uid: None,
            lease_name: "ballsession-operator".into(),
            lease_duration: lease::Timing::DURATION,
            concurrency: 16,
            log_format: LogFormat::Text,
            verbose: false,
        }
    );
}

#[test]
fn what_is_given_wins() {
    let given = resolve(
        &[
            "--namespace",
            "here",
            "--watch-namespace",
            "media",
            "--report-url",
            "https://r.example/v1/reports",
        ],
        Some("tower"),
    )
    .unwrap();
    assert_eq!(given.watched, Scope::Namespace("media".into()));
    assert_eq!(given.settings.operator_namespace, "here");
    assert_eq!(given.settings.report_url, "https://r.example/v1/reports");
    assert_eq!(given.report_names, ["ballsession-operator.here.svc", "r.example"]);
    let given = resolve(&["--service", "media-operator"], Some("media")).unwrap();
    assert_eq!(given.settings.report_url, "https://media-operator.media.svc:8443/v1/reports");
    assert_eq!(given.settings.plain_report_url, "http://media-operator.media.svc:8080/v1/reports");
    let given = resolve(&["--plain-reports", "off"], Some("tower")).unwrap();
    assert_eq!(given.plain_reports, None);
    for (text, access) in
        [("token", HttpAccess::Token), ("local", HttpAccess::Local), ("open", HttpAccess::Open)]
    {
        assert_eq!(resolve(&["--http-access", text], Some("tower")).unwrap().http_access, access);
    }
    let given = resolve(&["--image-pull-policy", "Never", "--log-format", "json"], Some("tower")).unwrap();
    assert_eq!(given.settings.image_pull_policy, Some(PullPolicy::Never));
    assert_eq!(given.log_format, LogFormat::Json);
}

#[test]
fn images_are_for_the_architecture_of_this_program_unless_it_is_said() {
    let of = |arguments: &[&str]| resolve(arguments, Some("tower")).unwrap().settings.architectures;
    assert_eq!(of(&["--architectures", "amd64, arm64"]), ["amd64", "arm64"]);
    assert_eq!(of(&["--architectures", "any"]), [""; 0]);
    // So an image has it that was built without the argument.
    assert_eq!(of(&["--architectures", ""]), of(&[]));
    #[cfg(target_arch = "x86_64")]
    assert_eq!(of(&[]), ["amd64"]);
}

#[test]
fn all_namespaces_have_two_spellings() {
    for all in ["all", ""] {
        assert_eq!(resolve(&["--watch-namespace", all], Some("tower")).unwrap().watched, Scope::All);
    }
}

#[test]
fn outside_of_a_pod_the_namespace_must_be_given() {
    let problem = resolve(&[], None).unwrap_err();
    assert!(problem.starts_with("--namespace is missing"), "{problem}");
}

#[test]
fn a_refusal_says_what_is_allowed() {
    for (flag, value, allowed) in [
        (
            "--watch-namespace",
            "Media",
            "must be a namespace: 1 to 63 of a-z, 0-9 and -, not - at an end, or all",
        ),
        ("--namespace", "a.b", "must be a namespace"),
        ("--namespace", "", "must be a namespace"),
        ("--lease-name", "-a", "must be a name"),
        ("--lease-name", "a..b", "must be a name"),
        ("--lease-duration", "2s", "3s"),
        ("--pod-uid", "a_b", "must be a UID"),
        ("--server-image", "my image:1", "must be an image"),
        ("--client-image", "", "must be an image"),
        ("--architectures", "x86_64", "must be any, or a list of 386, amd64, arm, arm64, loong64"),
        ("--architectures", "amd64,", "must be any, or a list"),
        ("--image-pull-policy", "never", "must be Always, IfNotPresent or Never"),
        ("--report-url", "operator:8080", "must be a URL"),
        ("--report-url", "ftp://operator/v1/reports", "must be a URL"),
        ("--log-format", "xml", "must be text or json"),
        ("--concurrency", "0", "must be a whole number from 1 to 256"),
        ("--plain-reports", "on", "must be an IP address and a port"),
        ("--plain-reports", "on", ", or off"),
        ("--report-secret", "A", "must be a name"),
        ("--http", "localhost:8081", "must be an IP address and a port"),
        ("--http-access", "none", "must be token, local or open"),
    ] {
        let refusal = resolve(&[&format!("{flag}={value}")], Some("tower")).unwrap_err();
        assert!(refusal.contains(flag) && refusal.contains(allowed), "{flag}={value}: {refusal}");
    }
}

#[test]
fn every_flag_has_a_twin_in_the_environment() {
    let command = <Arguments as clap::CommandFactory>::command();
    for argument in command.get_arguments() {
        let Some(flag) = argument.get_long() else { continue };
        let twin = format!("BALLSESSION_{}", flag.replace('-', "_").to_uppercase());
        assert_eq!(argument.get_env(), Some(std::ffi::OsStr::new(&twin)), "--{flag}");
    }
}

#[test]
fn the_manifests_fit() {
    let read = |yaml: &str| serde_saphyr::from_str::<serde_json::Value>(yaml).unwrap();
    let deployment = read(include_str!("../../../deploy/base/deployment.yaml"));
    let container = &deployment["spec"]["template"]["spec"]["containers"][0];
    let mut args: Vec<String> =
        container["args"].as_array().unwrap().iter().map(|arg| arg.as_str().unwrap().to_owned()).collect();
    let command = <Arguments as clap::CommandFactory>::command();
    for variable in container["env"].as_array().unwrap() {
        let name = variable["name"].as_str().map(std::ffi::OsStr::new);
        let argument = command.get_arguments().find(|argument| argument.get_env() == name);
        let flag = argument.unwrap_or_else(|| panic!("{variable}")).get_long().unwrap();
        // What comes from the pod is different in each.
        args.extend(variable["value"].as_str().map(|value| format!("--{flag}={value}")));
    }
    let args: Vec<_> = args.iter().map(String::as_str).collect();
    let given = resolve(&args, Some("tower")).unwrap();
    // The images that belong together have the version in common, and it is this one.
    let ours = resolve(&[], Some("tower")).unwrap();
    assert_eq!(given, ours);
    assert_eq!(container["image"], concat!("ballsession-operator:", env!("CARGO_PKG_VERSION")));

    // What may have been written for pods is where it is looked for.
    let file = args.iter().find_map(|arg| arg.strip_prefix("--pod-defaults=")).unwrap();
    let (folder, name) = file.rsplit_once('/').unwrap();
    assert_eq!((&container["volumeMounts"][0]["mountPath"], name), (&folder.into(), "pod-defaults.yaml"));

    let service = read(include_str!("../../../deploy/base/service.yaml"));
    assert_eq!(service["metadata"]["name"], SERVICE);
    for (index, name, port) in [(0, "reports", REPORT_PORT), (1, "plain-reports", PLAIN_REPORT_PORT)] {
        let found = &service["spec"]["ports"][index];
        // By number: the same port has another name in pods of the version before.
        let expected = json!({"name": name, "port": port, "targetPort": port});
        assert_eq!(*found, expected);
    }
    let secret = read(include_str!("../../../deploy/base/report-keys.yaml"));
    assert_eq!(secret["metadata"]["name"], ours.report_secret);
    // Whoever leads gives its pod the name of its lease.
    assert_eq!(service["spec"]["selector"][labels::LEADER], ours.lease_name);
    let plain = ours.plain_reports.unwrap();
    for (name, address) in [("reports", ours.reports), ("plain-reports", plain), ("http", ours.http)] {
        let mut ports = container["ports"].as_array().unwrap().iter();
        let port = ports.find(|port| port["name"] == name).unwrap();
        assert_eq!(port["containerPort"], address.port());
    }
}

#[test]
fn no_two_processes_have_the_same_identity() {
    let options = resolve(&["--pod-name", "operator-7f-x"], Some("tower")).unwrap();
    assert_eq!(options.lease(0xbeef).identity, "operator-7f-x_0000beef");
    assert_ne!(options.lease(1).identity, options.lease(2).identity);
    assert_eq!(options.lease(1).predecessors, None, "there may be others of this name");

    let options = resolve(&["--pod-name", "operator-7f-x", "--pod-uid", "u-1"], Some("tower")).unwrap();
    let lease = options.lease(0xbeef);
    assert_eq!(lease.identity, "operator-7f-x_u-1_0000beef");
    assert_eq!(lease.predecessors.as_deref(), Some("operator-7f-x_u-1_"));
}

#[test]
fn the_name_of_a_lease_fits_a_label() {
    let name = |length| format!("--lease-name={}", "a".repeat(length));
    resolve(&[&name(63)], Some("tower")).unwrap();
    resolve(&[&name(64)], Some("tower")).unwrap_err();
}
