/* aedes, a broker that knows no MQTT 5, in memory.
 *
 *   broker.js PORT     listens on all addresses, says "running" when it does
 */
"use strict";

const aedes = require("aedes")();

require("net").createServer(aedes.handle).listen(Number(process.argv[2]), "0.0.0.0", () => console.log("running"));
