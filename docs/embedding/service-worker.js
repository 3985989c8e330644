importScripts('https://push.example/newsbell-worker.js')
