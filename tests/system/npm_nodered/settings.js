// As Node-RED writes it for a new user, but: only this host sees it, and passwords are not encrypted.
module.exports = {
    uiHost: "127.0.0.1",
    flowFile: "flows.json",
    credentialSecret: false,
    externalModules: { autoInstall: false },
    logging: { console: { level: "info" } },
};
