/** The main job from end to end: a real server, a real image, real clients. */
package dev.regild.e2e;
