//! TLS with a real mosquitto: whom the device believes, and whom it tells nothing (S-50 to S-53, S-91 to S-93).

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};

use crate::broker::Mosquitto;
use crate::device::Device;
use crate::folder::Folder;
use crate::installed;
use crate::tools;

/// An authority and its certificate in a file.
struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    folder: Folder,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "house");
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        Self { issuer, folder: Folder::new() }
    }

    /// Where its certificate is.
    fn file(&self) -> String {
        self.folder.write("ca.pem", &self.issuer.pem()).display().to_string()
    }

    /// A certificate and its key as PEM.
    fn signs(&self, name: &str, key: KeyPair, last_year: i32) -> [String; 2] {
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(last_year, 1, 1));
        [params.signed_by(&key, &self.issuer).unwrap().pem(), key.serialize_pem()]
    }

    fn signs_for(&self, name: &str) -> [String; 2] {
        self.signs(name, KeyPair::generate().unwrap(), 2040)
    }
}

fn secure(broker: &Mosquitto) -> String {
    format!("mqtts://localhost:{}", broker.port)
}

/// The device does not come in, and says why.
#[track_caller]
fn is_refused(broker: &Mosquitto, options: &[&str], why: &str) {
    let mut device = Device::on(&secure(broker), options);
    device.logs(&format!("MQT: TLS connection error: {why}"));
    device.logs(&format!("MQTT: CONNECT FAILED 127.0.0.1:{}, rc -2. Retry in 10 seconds", broker.port));
    assert!(!device.has_logged("MQT: Connected"));
}

// S-50, S-51, S-53
#[test]
fn a_broker_with_a_certificate_of_the_ca_is_believed() {
    let authority = Authority::new();
    let Some(mut broker) = Mosquitto::with_tls(&authority.signs_for("localhost")) else { return };
    let mut device = Device::on(&secure(&broker), &["--ca", &authority.file()]);
    device.logs("MQT: Connected");
    broker.logs("as DVES_123456");
    device.type_line("power on");
    device.logs("MQT: stat/sonoff/POWER = ON");
    device.type_line("status 6");
    device.logs(r#""MqttTLS":1,"#);
    #[cfg(unix)]
    {
        // LWT and DISCONNECT come, too, and the link ends as TLS wants it.
        assert!(device.terminate().success());
        broker.logs("Client DVES_123456 disconnected.");
    }
}

// S-51
#[test]
fn a_certificate_of_another_ca_is_refused() {
    let (own, other) = (Authority::new(), Authority::new());
    let Some(broker) = Mosquitto::with_tls(&other.signs_for("localhost")) else { return };
    is_refused(&broker, &["--ca", &own.file()], "the certificate is not signed by the CA");
}

// S-53
#[test]
fn a_certificate_for_another_name_is_refused() {
    let authority = Authority::new();
    let Some(broker) = Mosquitto::with_tls(&authority.signs_for("hub.local")) else { return };
    is_refused(&broker, &["--ca", &authority.file()], "the certificate is for another name");
}

// S-92: the first attempt comes before the time, which takes a second; the next one after it.
#[test]
fn an_expired_certificate_is_refused_once_the_time_is_known() {
    let authority = Authority::new();
    let papers = authority.signs("localhost", KeyPair::generate().unwrap(), 2021);
    let Some(mut broker) = Mosquitto::with_tls(&papers) else { return };
    let mut device = Device::on(&secure(&broker), &["--ca", &authority.file()]);
    device.logs("MQT: Connected");
    device.logs("MQT: tele/sonoff/STATE");
    broker.stop();
    broker.resume();
    device.logs("MQT: TLS connection error: the certificate has expired");
}

// S-52
#[test]
fn a_key_is_learned_at_the_first_connection_and_another_one_refused() {
    let authority = Authority::new();
    let (first, second) = (authority.signs_for("any"), authority.signs_for("any"));
    let Some(mut broker) = Mosquitto::with_tls(&first) else { return };
    let mut device = Device::on(&secure(&broker), &[]);
    let learned = device.logs("MQT: Fingerprint learned: ");
    device.logs("MQT: Connected");
    device.type_line("mqttfingerprint1");
    device.logs(&format!(r#"{{"MqttFingerprint1":"{}"}}"#, fingerprint(&learned)));
    broker.takes_papers(&second);
    device.logs("MQT: TLS connection error: the key is another one: ");
    broker.takes_papers(&first);
    device.logs("MQT: Connected");
}

// S-52: who tells the device the next key in time may change it.
#[test]
fn the_next_key_is_accepted_when_it_comes() {
    let authority = Authority::new();
    let (first, second) = (authority.signs_for("any"), authority.signs_for("any"));
    let Some(mut broker) = Mosquitto::with_tls(&second) else { return };
    let next = fingerprint(&Device::on(&secure(&broker), &[]).logs("MQT: Fingerprint learned: ")).to_owned();
    broker.takes_papers(&first);
    let mut device = Device::on(&secure(&broker), &[]);
    device.logs("MQT: Connected");
    device.type_line(&format!("mqttfingerprint2 {next}"));
    device.logs("APP: Restarting");
    device.logs("MQT: Connected");
    broker.takes_papers(&second);
    device.logs("MQT: Connected");
}

fn fingerprint(line: &str) -> &str {
    line.rsplit_once(": ").unwrap().1
}

// S-50: there is no way back to plain MQTT but by the owner's word.
#[test]
fn a_plain_port_hears_nothing_of_a_secure_device() {
    let Some(mut broker) = Mosquitto::start() else { return };
    is_refused(&broker, &[], "closed in the handshake; does the port speak TLS 1.3?");
    broker.logs("disconnected due to protocol error");
}

#[test]
fn a_plain_device_does_not_get_into_a_secure_port() {
    let authority = Authority::new();
    let Some(mut broker) = Mosquitto::with_tls(&authority.signs_for("localhost")) else { return };
    let mut device = Device::on(&broker.url(), &[]);
    broker.logs("wrong version number");
    device.logs(&format!("MQTT: CONNECT FAILED 127.0.0.1:{}, rc -3", broker.port));
}

// S-51: what the fingerprint of an RSA key is, by another program.
#[test]
fn an_rsa_key_has_the_usual_fingerprint() {
    let Some(openssl) = installed::openssl() else { return };
    let folder = Folder::new();
    let key = tools::openssl(openssl, "genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -quiet");
    let key = KeyPair::from_pem(&key).unwrap();
    let key_file = folder.write("key.pem", &key.serialize_pem()).display().to_string();
    let modulus = tools::openssl(openssl, &format!("rsa -noout -modulus -in {key_file}"));
    let modulus = modulus.trim().strip_prefix("Modulus=").unwrap();
    let Some(broker) = Mosquitto::with_tls(&Authority::new().signs("any", key, 2040)) else { return };
    let mut device = Device::on(&secure(&broker), &[]);
    let learned = device.logs("MQT: Fingerprint learned: ");
    device.logs("MQT: Connected");
    // ssh-rsa, 65537 and the modulus, each behind its length.
    let framed = format!("000000077373682D727361{:08X}010001{:08X}{modulus}", 3, modulus.len() / 2);
    let hashed = folder.write_bytes("framed", &bytes(&framed)).display().to_string();
    let hash = tools::openssl(openssl, &format!("dgst -sha1 -r {hashed}"));
    let expected = hash.split_whitespace().next().unwrap().to_uppercase();
    assert_eq!(fingerprint(&learned).replace(' ', ""), expected);
}

// S-91: that of ssh-keygen -l -E sha1, as openssl computes it.
#[test]
fn an_ec_key_has_the_fingerprint_that_ssh_gives_it() {
    let Some(openssl) = installed::openssl() else { return };
    let (folder, key) = (Folder::new(), KeyPair::generate().unwrap());
    let point = key.public_key_raw().to_vec();
    let Some(broker) = Mosquitto::with_tls(&Authority::new().signs("any", key, 2040)) else { return };
    let learned = Device::on(&secure(&broker), &[]).logs("MQT: Fingerprint learned: ");
    let mut framed = b"\0\0\0\x13ecdsa-sha2-nistp256\0\0\0\x08nistp256\0\0\0\x41".to_vec();
    framed.extend(point);
    let hashed = folder.write_bytes("framed", &framed).display().to_string();
    let hash = tools::openssl(openssl, &format!("dgst -sha1 -r {hashed}"));
    let expected = hash.split_whitespace().next().unwrap().to_uppercase();
    assert_eq!(fingerprint(&learned).replace(' ', ""), expected);
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

// S-51: RSA from the root on.
#[test]
fn an_rsa_ca_and_an_rsa_broker_are_believed() {
    let Some(openssl) = installed::openssl() else { return };
    let rsa = || {
        let made = "genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -quiet";
        KeyPair::from_pem(&tools::openssl(openssl, made)).unwrap()
    };
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, "house");
    let issuer = CertifiedIssuer::self_signed(params, rsa()).unwrap();
    let key = rsa();
    let authority = Authority { issuer, folder: Folder::new() };
    let Some(mut broker) = Mosquitto::with_tls(&authority.signs("localhost", key, 2040)) else { return };
    let mut device = Device::on(&secure(&broker), &["--ca", &authority.file()]);
    device.logs("MQT: Connected");
    broker.logs("as DVES_123456");
}
