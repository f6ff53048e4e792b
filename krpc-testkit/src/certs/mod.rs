//! Certificates for tests: a CA, a server it signed, and a CA that signed nothing. ECDSA P-256,
//! valid until the year 2126. The private key is public: never use it for anything but tests.

/// The CA that signed [`SERVER`].
pub const CA: &[u8] = include_bytes!("ca.pem");

/// The server's certificate: `localhost`, 127.0.0.1.
pub const SERVER: &[u8] = include_bytes!("server.pem");

/// Its private key, PKCS#8.
pub const SERVER_KEY: &[u8] = include_bytes!("server.key");

/// A CA that signed nothing here.
pub const OTHER_CA: &[u8] = include_bytes!("other_ca.pem");
