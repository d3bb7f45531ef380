// Drives basic-ftp: see program.py.  A line of its input is
//     HOST PORT USER PASSWORD passive DEED ARGUMENT ...
"use strict"

const fs = require("fs")
const readline = require("readline")
const { Client } = require("basic-ftp")

async function lines(client, folder, text) {
    return (await client.list(folder)).map((each) => `${text(each)}\n`).join("")
}

const deeds = {
    upload: (client, local, remote) => client.uploadFrom(local, remote),
    download: (client, remote, local) => client.downloadTo(local, remote),
    resumeUpload: async (client, local, remote) =>
        client.appendFrom(local, remote, { localStart: await client.size(remote) }),
    resumeDownload: (client, remote, local) =>
        client.downloadTo(local, remote, fs.statSync(local).size),
    append: (client, local, remote) => client.appendFrom(local, remote),
    downloadWithTime: async (client, remote, local) => {
        const time = await client.lastMod(remote)
        await client.downloadTo(local, remote)
        fs.utimesSync(local, time, time)
    },
    names: (client, folder) => lines(client, folder, (each) => each.name),
    listing: (client, folder) =>
        lines(client, folder, (each) => `${each.isDirectory ? "d" : "-"} ${each.size} ${each.name}`),
    rename: (client, old, name) => client.rename(old, name),
    delete: (client, name) => client.remove(name),
    makeFolder: (client, name) => client.ensureDir(name),
    removeFolder: (client, name) => client.removeDir(name),
    uploadTree: (client, local, remote) => client.uploadFromDir(local, remote),
    downloadTree: (client, remote, local) => client.downloadToDir(local, remote),
    removeTree: (client, name) => client.removeDir(name),
}

async function obey(host, port, user, password, way, deed, ...words) {
    const client = new Client(30000)
    try {
        await client.access({ host, port: Number(port), user, password })
        const said = await deeds[deed](client, ...words)
        return typeof said === "string" ? said : ""
    } finally {
        client.close()
    }
}

async function main() {
    for await (const line of readline.createInterface({ input: process.stdin })) {
        const words = line.split(" ").map((each) => Buffer.from(each, "hex").toString())
        const [result, said] = await obey(...words).then(
            (said) => ["done", said],
            (error) => ["failed", String(error.stack)],
        )
        console.log(`${result} ${Buffer.from(said).toString("hex")}`)
    }
}

main()
