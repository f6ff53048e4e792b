//! `krpc decode`: what was recorded of connections, as a list of frames.

use std::fs::File;

use crate::args::Decode;
use crate::decode::{self, Bodies, Listing, Options, Out};
use crate::dynamic::Descriptors;
use crate::failure::Failure;
use crate::output::{line, note};

pub(crate) fn run(args: &Decode) -> Result<(), Failure> {
    let bodies = match args.bodies {
        false => None,
        true => {
            let known = Descriptors::with_files(&args.proto).map_err(Failure::usage)?;
            Some(Bodies::new(known, args.secrets))
        }
    };
    let options = Options { json: args.json, bodies };
    let mut damages = 0;
    for path in &args.file {
        let file = File::open(path).map_err(|e| Failure::file("read", path, &e))?;
        let name = path.display().to_string();
        if args.file.len() > 1 && !args.json {
            line(format_args!("'{}':", crate::output::plain(&name)))?;
        }
        let out = Out { line: &mut |text| line(text), note: &mut |text| note(text) };
        let mut listing = Listing::new(&options, &name, out);
        decode::read(file, &mut listing)?;
        damages += listing.damages();
    }
    let places = match damages {
        0 => return Ok(()),
        1 => "1 place".to_owned(),
        n => format!("{n} places"),
    };
    Err(Failure::call("decoding", format_args!("damaged in {places}, told above"), None))
}
