fn main() -> Result<(), Box<dyn std::error::Error>> {
    Ok(krpc_build::compile(&["proto/hello.proto"], &["proto"])?)
}
