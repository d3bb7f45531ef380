// Does one thing with basic-ftp:
//     node basicftp.js HOST PORT USER PASSWORD passive DEED ARGUMENT ...
"use strict"

const fs = require("fs")
const { Client } = require("basic-ftp")

const [host, port, user, password, , deed, ...words] = process.argv.slice(2)
const client = new Client(30000)

const line = (each) => `${each.isDirectory ? "d" : "-"} ${each.size} ${each.name}`

async function show(folder, text) {
    for (const each of await client.list(folder)) {
        console.log(text(each))
    }
}

const deeds = {
    upload: (local, remote) => client.uploadFrom(local, remote),
    download: (remote, local) => client.downloadTo(local, remote),
    resumeUpload: async (local, remote) =>
        client.appendFrom(local, remote, { localStart: await client.size(remote) }),
    resumeDownload: (remote, local) => client.downloadTo(local, remote, fs.statSync(local).size),
    append: (local, remote) => client.appendFrom(local, remote),
    downloadWithTime: async (remote, local) => {
        const time = await client.lastMod(remote)
        await client.downloadTo(local, remote)
        fs.utimesSync(local, time, time)
    },
    names: (folder) => show(folder, (each) => each.name),
    listing: (folder) => show(folder, line),
    rename: (old, name) => client.rename(old, name),
    delete: (name) => client.remove(name),
    makeFolder: (name) => client.ensureDir(name),
    removeFolder: (name) => client.removeDir(name),
    uploadTree: (local, remote) => client.uploadFromDir(local, remote),
    downloadTree: (remote, local) => client.downloadToDir(local, remote),
    removeTree: (name) => client.removeDir(name),
}

async function main() {
    try {
        await client.access({ host, port: Number(port), user, password })
        await deeds[deed](...words)
    } finally {
        client.close()
    }
}

main().catch((error) => {
    console.error(error)
    process.exitCode = 1
})
