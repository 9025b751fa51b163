// Trunk's last step: makes two programs of the interface, and for a release publishes the page.
//
//   TRUNK_PROFILE       debug or release
//   TRUNK_STAGING_DIR   the page
import { publish } from "./publish.js";
import { split } from "./split.js";

const { TRUNK_PROFILE, TRUNK_STAGING_DIR } = process.env;
const isRelease = TRUNK_PROFILE === "release";
await split(TRUNK_STAGING_DIR, { optimise: isRelease });
if (isRelease) publish(TRUNK_STAGING_DIR);
