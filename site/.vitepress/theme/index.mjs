// The look of VitePress, with a few lines of our own.
import DefaultTheme from "vitepress/theme";
import "./style.css";

export default DefaultTheme;
