<?php
// A web application that stores a number in the session. Any failure of the session is answered with 503.
function fail(): void
{
    http_response_code(503);
    echo error_get_last()['message'] ?? 'the session failed';
    exit;
}

ini_set('display_errors', '0');
// The settings of the application, which change when a password does.
ini_set('session.save_path', file_get_contents(getenv('SAVE_PATH')));
if (!session_start()) {
    fail();
}
if ($_SERVER['REQUEST_METHOD'] === 'POST') {
    $_SESSION['number'] = (int) $_GET['number'];
}
$number = $_SESSION['number'] ?? '';
if (!session_write_close()) {
    fail();
}
echo $number;
