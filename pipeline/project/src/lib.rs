//! The project file idip.yaml: its types, defaults and checks.
