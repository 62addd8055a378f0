<?php
// What Connect2Print prints for PHP, whose secret is in the print. Served by `php -S`.
// --- printed ---
// PHP
$signature = $_SERVER['HTTP_X_WEBHOOK_SIGNATURE'];
$body = file_get_contents('php://input');
$secret = 'your_webhook_secret';

$calculated = hash_hmac('sha256', $body, $secret);

if (!hash_equals($signature, $calculated)) {
    http_response_code(401);
    die('Invalid signature');
}

// Signature is valid, process the webhook
$data = json_decode($body, true);
// --- end of print ---

echo $data['event'];
